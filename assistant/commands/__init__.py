"""What the command line does. A command's module is loaded when it is called; assistant.cli lists them."""
