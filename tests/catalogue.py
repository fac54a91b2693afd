"""Everything that a schema defines, read from PostgreSQL's catalogue as text, so that two schemas can be compared."""

from typing import Any

import psycopg

_PARTS = {
    "column": """
        SELECT format('%s.%s %s %s default=%s identity=%s generated=%s position=%s', attrelid::regclass, attname,
          format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'not null' ELSE 'null' END,
          pg_get_expr(adbin, adrelid), attidentity, attgenerated,
          row_number() OVER (PARTITION BY attrelid ORDER BY attnum))
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'c')
          AND attnum > 0 AND NOT attisdropped""",
    "relation": """
        SELECT format('%s %s %s %s %s', relname, relkind, relpersistence, reloptions,
          pg_get_partkeydef(oid)) FROM pg_class WHERE relnamespace = current_schema()::regnamespace""",
    "view": "SELECT format('%s %s', viewname, definition) FROM pg_views WHERE schemaname = current_schema()",
    "constraint": """
        SELECT format('%s.%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid),
          condeferrable, condeferred)
        FROM pg_constraint WHERE connamespace = current_schema()::regnamespace""",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema()",
    "trigger": """
        SELECT pg_get_triggerdef(pg_trigger.oid) FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE relnamespace = current_schema()::regnamespace AND NOT tgisinternal""",
    "function": """
        SELECT pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = current_schema()::regnamespace AND prokind IN ('f', 'p')""",
    "sequence": """
        SELECT format('%s %s %s %s %s owned=%s', sequencename, data_type, start_value, increment_by, cycle,
          (SELECT refobjid::regclass || '.' || refobjsubid FROM pg_depend
           WHERE objid = format('%I', sequencename)::regclass AND deptype = 'a' AND refobjsubid > 0))
        FROM pg_sequences WHERE schemaname = current_schema()""",
    "type": """
        SELECT format('%s %s %s', typname, typtype,
          (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = pg_type.oid))
        FROM pg_type WHERE typnamespace = current_schema()::regnamespace AND typtype IN ('e', 'd', 'c', 'r')""",
    "comment": """
        SELECT format('%s %s', pg_describe_object(classoid, objoid, objsubid), description) FROM pg_description
        JOIN pg_class ON pg_class.oid = objoid AND relnamespace = current_schema()::regnamespace""",
    "extension": "SELECT extname FROM pg_extension",
}


async def catalogue(connection: psycopg.AsyncConnection[Any]) -> list[str]:
    """Lines that describe the current schema, sorted."""
    return sorted(
        [
            f"{part}: {line}"
            for part, query in _PARTS.items()
            for (line,) in await (await connection.execute(query)).fetchall()
        ]
    )
