"""What the SQL stores share: schema, migrations, statements, row mapping, and the repositories that run on them.

A store adds its dialect, its connections and its transactions; see `Session`.
"""
