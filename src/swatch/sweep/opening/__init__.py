"""From what somebody asks for to a sweep that is checked and written down."""
