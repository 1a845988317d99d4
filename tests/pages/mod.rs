mod fixtures;
mod parts;
