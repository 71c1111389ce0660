"""The officer's console: server-rendered pages, live by server-sent events, with a JSON API beside them."""
