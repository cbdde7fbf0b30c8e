"""Administrative units: codes, names, hierarchy, changes."""
