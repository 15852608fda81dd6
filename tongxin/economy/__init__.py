"""What villages earn together, the firms that help them, subsidies after building."""
