package dendritic
