"""The labelled make-believe world, fed through the ordinary doors; live never trusts it."""
