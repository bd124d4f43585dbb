//! Properties that hold for every input of the family `pooling`.
