//! What the tests share: seeded histories, the trace reader and the simulated network.
