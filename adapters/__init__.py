"""The world: one outside service, one room, named after it. No room knows another."""
