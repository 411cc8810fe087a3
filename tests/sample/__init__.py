"""The sample: a domain that no stack deploys, on which tests of mechanisms stand. `make new` copies it.

Gadgets are shared by all users, lockers are their owner's alone, and parcels lie in a locker. Labels are
public, also printed from the cache, and have the columns that tests of constraints need.
"""
