"""Grids at work: crew, duties, components and matters by code."""
