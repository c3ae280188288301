"""How long a test waits for what must happen."""

#: Seconds: more than the busiest machine takes. A test that passes waits only as long as it has to, and one that fails says what it saw.
PATIENCE = 300.0
