//! The sync server from outside: its store's promises, its hub, real sockets, real HTTP, the
//! real binary killed in the middle. What the core does with events is tested elsewhere.

mod ask;
mod binary;
mod chain;
mod cli;
mod collector;
mod corpus;
mod crash;
mod damage;
mod disk;
mod erasure;
mod failing;
mod folder;
mod guard;
mod hostile;
mod http;
mod hub;
mod limits;
mod names;
mod operation;
mod peer;
mod projections;
mod promises;
mod schemas;
mod store;
mod strangers;
mod sync;
mod tls;
mod traces;
mod write;
