use super::*;
use crate::daemon::mesh::{self, MeshSetup};

#[test]
fn a_node_that_cannot_be_brought_up_is_not_left_half_there() {
    smol::block_on(async {
        let setup = MeshSetup::default();
        let nodes = mesh::run(&setup).await.expect("ports are free");
        let (news, _told) = async_channel::bounded(1);
        let fleet = Fleet::new(setup, nodes);
        let mut world = World::new(Some(fleet), news).expect("three nodes are few");
        world.meet().await;
        let [one, two] = ["node1", "node2"].map(|name| name.parse().expect("a name"));
        world.crash(&two).await.expect("it runs");

        // No clock goes so far.
        world.tick = u64::MAX;
        world.start_again(&two).await.expect_err("its clock");
        assert_eq!(world.members[1].reach, Reach::Crashed);
        world.add(&[]).await.expect_err("its clock");
        assert_eq!(world.members.len(), 3);

        world.tick = 0;
        world.start_again(&two).await.expect("all is well");
        assert!(world.has_link(&Pair::new(one, two)));
        world.add(&[]).await.expect("all is well");
        assert_eq!(world.members.len(), 4);
    });
}
