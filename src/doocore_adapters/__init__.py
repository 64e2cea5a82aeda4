"""What connects the contact center with the world: one file or package for each outside thing.

| module | adapts | extra |
|---|---|---|
| `memory` | a store in this process, for tests and trying out | none |
| `sqlite` | a store in an SQLite file, or on the host's `sqlite3` connection | none |
| `csv_files` | lists as CSV files | none |
| `validation` | the four below as one | `validation` |
| `email_validator` | email-validator: addresses outside plain ASCII | `validation` |
| `phonenumbers` | phonenumbers: telephone numbers | `validation` |
| `dateutil` | python-dateutil: dates | `validation` |
| `babel` | Babel: names of countries | `validation` |
| `cattrs` | cattrs: values to and from plain data (JSON) | `validation` |
| `vectors` | conformance cases, and what runs them | `validation` |
| `hypothesis` | hypothesis: strategies for property tests | `hypothesis` |
| `cli`, `demo` | typer and rich: the `doocore` command | `cli` |

Importing this package imports none of them.
"""
