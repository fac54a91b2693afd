-- History of a type and of the whole store, newest first, without reading the rest.

CREATE INDEX resource_changed ON resource (updated);
CREATE INDEX resource_history_type ON resource_history (type, updated);
CREATE INDEX resource_history_updated ON resource_history (updated);
