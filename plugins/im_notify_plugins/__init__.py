"""The plugins that come with im-notify, each registered through an entry point."""
