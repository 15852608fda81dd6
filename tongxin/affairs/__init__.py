"""Terms and elections, development of members, dues, disclosure."""
