"""Do clusters of posts keep their ids? Generated topics, and real posts if a folder is given."""
