"""The reviewer's page: one decision asked, and everything that a person needs to answer it."""
