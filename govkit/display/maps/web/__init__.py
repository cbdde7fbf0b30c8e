"""A live map in a page."""

# A frame of another origin than its page: scripts run and windows open, nothing outside it can be read.
SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"
# What is the same in every map of a document stands between these marks, so that an exporter may keep it once.
SHARED = ("<!--govkit-shared-->", "<!--/govkit-shared-->")
