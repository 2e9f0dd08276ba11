"""A company's modules: what there is, what each adds and keeps, on and off, and its data purged."""
