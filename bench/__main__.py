"""`python -m bench`: every benchmark, one after the other."""

from bench import charsets, crawling, datelines, echoes, reading, rules, stories

for part in (reading, charsets, datelines, rules, stories, echoes, crawling):
    print(f"\n# {part.__name__}", flush=True)
    part.main()
