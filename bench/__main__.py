"""`python -m bench`: every benchmark, one after the other."""

from bench import charsets, crawling, datelines, reading, rules, stories

for part in (reading, charsets, datelines, rules, stories, crawling):
    print(f"\n# {part.__name__}", flush=True)
    part.main()
