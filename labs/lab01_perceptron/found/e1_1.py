"""Small changes to a right answer, packed: made by course-dl build, and you want to find yours."""

KEY = "a02027192a86f5b2"
PACKED = """
eNrNll1vgjAUhv/KG65gqQrE7cLE/QovSNCYToqQYGvaEi+W/feVD+fmUCHCHAnJofTjeU963pzw
3aJRtH5LqbJmsNLdXkgNLeQmWfJYil0Vo/6xYFwJaX0QhOFpIYF1SHUCnTCodMshYgjOFHQuOYsg
Rc4jM8s3EyMW47jQDmb1jg5Gr3U4W3KYZ0+VqqJypzlGwZizw7r4sjPG7cAh8JxqimTFSRXqeEO1
HRbTCIIVQZTu5p5jTo9pppgZaACvYA/phoEqZFRumfn3fA9uIy2e4PdInNAsHhh40hewj1hIeEh5
eaAZf+mZ1u/pMriDk7o9kX6vtyKWTOWZ7rXqbhfd6C78I/Lwtdc25UWNtuYevgJbY086YGtJudoL
xf7gflxhHi8uEpvXG5bri+Z61gw4aCb4tmCGS8CFLkODZxzilNQHZtJ1umjw/6UGv4PX/eotCCiP
0METpwN3IjdMUcu8fSdyJu6SY3ruQ9uV2jZvKPvhl83Czi11CF0dupraVy/r6nIxm+x3+rimuPTf
Utlq9Qlpqcrf
"""
