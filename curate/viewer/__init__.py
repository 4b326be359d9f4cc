"""`curate view`: a local page over a run. Browse rows, see why one left, compare two answers, record a preference.

listing.py      the tables of a run, page by page, filtered by a rule
comparing.py    two rows side by side: what was asked, both answers, the words that differ
preferences.py  judgements: appended to the run, exported as preference pairs
pages.py        HTML, made on the server; templates/ has view.js for keys and marks alone
server.py       who may ask: this machine, with the token, under the right name
"""
