"""Lists of number plates on the box: whom the gate opens for, who is noticed, and who only looks like one of them."""
