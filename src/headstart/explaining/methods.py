"""The ways to a map; the command line reads them, so that nothing heavy is imported here."""

METHODS = ("auto", "cam", "hirescam", "occlusion")
