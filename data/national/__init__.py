"""The national lists of units that govkit carries, made from public packages."""
