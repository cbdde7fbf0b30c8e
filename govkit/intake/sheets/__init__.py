"""A sheet as it stands: where its tables and heads are, what it says beside its texts, who owns each cell."""
