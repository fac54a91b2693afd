"""People's screens: server-rendered pages from the declarations of the capabilities, with htmx for partial updates."""
