"""The API about itself: root, health, the issuer's discovery documents."""
