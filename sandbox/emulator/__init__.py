"""The one way into ministack, the emulator of the rest of AWS."""
