"""Scrapy on the same hosts, set up for politeness as its documentation says: a request a host at a
time, a delay without chance. `python -m bench.crawl_scrapy PORT HOSTS DELAY`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess

from bench.crawl_site import address


class News(scrapy.Spider):
    """Listings, then statements: title, date and paragraphs, as our readers take them."""

    name = "news"

    def parse(self, response: Any) -> Iterator[Any]:
        """A listing's statements."""
        for link in response.css("li a::attr(href)").getall():
            yield response.follow(link, self.statement)

    def statement(self, response: Any) -> dict[str, Any]:
        """What a statement says."""
        return {
            "title": response.css(".title::text").get(),
            "date": response.css(".date::text").get(),
            "text": response.css(".trs_editor_view p::text").getall(),
        }


def main() -> None:
    """Crawls all hosts once."""
    port, hosts, delay = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    process = CrawlerProcess(
        {
            "LOG_LEVEL": "ERROR",
            "ROBOTSTXT_OBEY": True,
            "DOWNLOAD_DELAY": delay,
            "RANDOMIZE_DOWNLOAD_DELAY": False,
            "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
            "CONCURRENT_REQUESTS": hosts,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    starts = [f"http://{address(number)}:{port}/" for number in range(hosts)]
    process.crawl(News, start_urls=starts)
    process.start()


if __name__ == "__main__":
    main()
