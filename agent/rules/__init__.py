"""Pure decisions: values in, decision out. No IO, no clock, nothing but the standard library's value types."""
