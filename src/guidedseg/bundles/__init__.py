"""A bundle: the detector, both networks of one model and the values they were scored with, to be handed on."""
