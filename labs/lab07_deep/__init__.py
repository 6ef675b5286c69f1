"""Lab 7: Deep networks and transfer learning"""
