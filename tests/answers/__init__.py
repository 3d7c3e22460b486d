"""What people say of shifts: who may, what follows, how it ends."""
