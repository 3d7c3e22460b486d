"""A small world of real processes, a story played in it, and a look from outside at whether every promise held."""
