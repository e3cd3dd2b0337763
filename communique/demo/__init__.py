"""The demonstration: invented publishers whose pages have the layouts of real ones.

`pages/<day>/<host>/<path>` is the page at https://<host>/<path> as it was captured on that day; a
page that a day lacks is as the day before left it. `index.html` and `index.xml` stand for the
folder's own address. A file `<page>.head` beside a page holds its status line and headers.
"""
