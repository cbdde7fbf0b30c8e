"""The clerk's desk: the acts of the command line on a page of the own computer."""
