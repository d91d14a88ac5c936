//! Node names.

crate::ledger::name_type!(
    /// A node's name, unique in its network: 1–64 bytes of UTF-8 without control characters. Peers are
    /// known by it, and it orders what arrives at once. Cheap to clone.
    Name
);
