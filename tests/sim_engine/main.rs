//! The engine under honest nodes: each action does what it says, links carry as they should, and the same
//! run goes the same way.

#![allow(unreachable_pub, reason = "the rig is shared by these modules alone")]

mod carrying;
mod faults;
mod order;
mod proof;
mod rig;
