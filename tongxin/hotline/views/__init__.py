"""The pages of the hotline: the desk, and the answers it keeps."""
