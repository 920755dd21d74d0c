"""What a CustomResourceDefinition says, what an upgrade does to it, and which custom resources that hits."""
