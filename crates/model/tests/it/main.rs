//! The workspace keeps its shape.

mod edges;
