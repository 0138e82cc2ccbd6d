"""A static memory plan for microcontrollers: where each tensor lies in one arena, calculated before anything runs."""
