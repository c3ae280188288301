"""Programs that write checked-in tables anew."""
