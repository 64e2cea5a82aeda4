"""What connects the contact center with the world: one file or package for each outside thing.

Without an extra:

* `memory`: a store in this process, for tests and trying out
* `sqlite`: a store in an SQLite file, or on the host's `sqlite3` connection
* `csv_files`: lists as CSV files
* `smtp`, `eml_files`: mails to an SMTP server, or into a directory

With the extra `validation`:

* `email_validator`, `phonenumbers`, `dateutil`, `babel`: addresses, telephone numbers, dates, names of countries, each
  by the package of that name; `validation` joins the four
* `cattrs`: values to and from plain data (JSON), by the package of that name
* `vectors`: conformance cases, and what runs them

With the extra `postgres`: `postgres`, a store in a PostgreSQL database, or on the host's psycopg connection.

With the extra `xlsx`: `xlsx`, lists as XLSX workbooks, by python-calamine and xlsxwriter.

With the extra `mail`: `itsdangerous`, tokens in links, and `jinja2`, templates, each by the package of that name.

With the extra `hypothesis`: `hypothesis`, strategies for property tests. With the extra `cli`: `cli` and `demo`, the
`doocore` command by typer and rich.

Importing this package imports none of them.
"""
