// The panel of the plugins that the tests make.
